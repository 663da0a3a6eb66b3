import * as z from 'croner'; globalThis.x=z;
