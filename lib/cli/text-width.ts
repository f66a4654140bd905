const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);

/** As much of a text as fits. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) {
    return text;
  }
  let shown = '';
  for (const character of text) {
    if (widthOf(shown + character) > width - 1) {
      break;
    }
    shown += character;
  }
  return `${shown}…`;
}
