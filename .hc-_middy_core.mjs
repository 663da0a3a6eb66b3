import * as z from '@middy/core'; globalThis.x=z;
