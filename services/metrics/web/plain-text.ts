/** Letters that are written from right to left. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Control characters, line ends, and characters that turn the direction of what follows. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]+/gu;

/**
 * A name that others chose, for text of one line: without line ends, without characters that turn the direction,
 * and isolated (U+2068 … U+2069) where it is written from right to left, so that it does not turn what stands around it.
 */
export function plainName(name: string): string {
  const printed = name.replaceAll(unprintable, ' ');
  return rightToLeft.test(printed) ? `\u2068${printed}\u2069` : printed;
}

/** Words with ordinary spaces, for text that people search and copy. */
export function plainWords(text: string): string {
  return text.replaceAll(/[\u00a0\u2009\u202f]/g, ' ');
}
