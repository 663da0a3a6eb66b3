import type { SmileInput } from "./smileInput.ts";
import type { NameTable } from "./smileNames.ts";
import { skipRawBinary, skipSevenBitBinary, skipVInt } from "./smileNumbers.ts";

/**
 * Which parts of a document are decoded to values: all of it, or of an object the named `fields` and `each` other one, of a list the `items`.
 * What is not named is passed over, which takes no memory.
 */
export type Wanted = true | { fields?: Readonly<Record<string, Wanted>>; each?: Wanted; items?: Wanted };

/** What passing over a value needs of the decoder. */
export interface SkipState {
  input: SmileInput;
  values: NameTable;
  rawBinary: boolean;
  /** The token of a field's name has been read. */
  readName(token: number): string;
  /** Before and after what is in a list or an object. */
  enter(): void;
  leave(): void;
}

/** Passes over one value. Its structure and back references are validated, the characters of its texts are not. */
export function skipValue(state: SkipState): void {
  const { input } = state;
  const token = input.byte();
  switch (token >> 5) {
    case 0:
      state.values.at(token - 1);
      return;
    case 1:
      skipSimple(input, token);
      return;
    case 2:
    case 3:
      skipText(state, token - 0x3f, true);
      return;
    case 4:
    case 5:
      skipText(state, token - 0x7e, false);
      return;
    case 6:
      return;
    default:
      skipStructure(state, token);
  }
}

/** Short texts may be referred to later. */
function skipText({ input, values }: SkipState, sizeBytes: number, isAscii: boolean): void {
  if (values.isShared) values.add(isAscii ? input.ascii(sizeBytes) : input.utf8(sizeBytes));
  else input.bytes(sizeBytes);
}

function skipSimple(input: SmileInput, token: number): void {
  if (token >= 0x20 && token <= 0x23) return;
  if (token === 0x24) skipVInt(input, 5);
  else if (token === 0x25) skipVInt(input, 10);
  else if (token === 0x26) skipSevenBitBinary(input);
  else if (token === 0x28) input.bytes(5);
  else if (token === 0x29) input.bytes(10);
  else if (token === 0x2a) {
    skipVInt(input, 5);
    skipSevenBitBinary(input);
  } else throw input.fault(`unknown value token 0x${token.toString(16)}`);
}

function skipStructure(state: SkipState, token: number): void {
  const { input, values, rawBinary } = state;
  if (token === 0xe0 || token === 0xe4) input.skipLongText();
  else if (token === 0xe8) skipSevenBitBinary(input);
  else if (token >= 0xec && token <= 0xef) values.at(((token & 3) << 8) | input.byte());
  else if (token === 0xf8) skipList(state);
  else if (token === 0xfa) skipObject(state);
  else if (token === 0xfd && rawBinary) skipRawBinary(input);
  else throw input.fault(`unknown value token 0x${token.toString(16)}`);
}

function skipList(state: SkipState): void {
  state.enter();
  skipItems(state);
  state.leave();
}

/** Passes over the rest of a list with its end marker. */
export function skipItems(state: SkipState): void {
  for (;;) {
    state.input.skipSmallValues();
    if (state.input.peek() === 0xf9) break;
    skipValue(state);
  }
  state.input.byte();
}

function skipObject(state: SkipState): void {
  state.enter();
  for (;;) {
    const token = state.input.byte();
    if (token === 0xfb) break;
    state.readName(token);
    skipValue(state);
  }
  state.leave();
}
