import * as z from 'yaml'; globalThis.x=z;
