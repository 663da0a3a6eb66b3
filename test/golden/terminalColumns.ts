import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

/**
 * The columns that a text takes in a terminal, at most: as string-width counts graphemes, or as `wcwidth` counts characters one by one (of a
 * picture made of several characters no terminal draws all beside each other).
 */
export function terminalColumns(text: string): number {
  const characters = [...stripVTControlCharacters(text).replace(PICTURE, "📷")].filter(
    (character) => !/[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11FF]/u.test(character),
  );
  return Math.max(
    stringWidth(text),
    characters.reduce((sum, character) => sum + stringWidth(character), 0),
  );
}

const PICTURE =
  /\p{Regional_Indicator}{2}|[\p{Extended_Pictographic}#*\d](?=\uFE0F?\u20E3|[\uFE0F\u{1F3FB}-\u{1F3FF}\u200D])[\uFE0F\u20E3\p{Emoji_Modifier}]*(?:\u200D\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]*)*/gu;
