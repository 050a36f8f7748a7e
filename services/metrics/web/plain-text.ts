/** Scripts that are written from right to left. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Control characters, line ends, and characters that change the direction of the text after them. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]+/gu;

/**
 * A name from an event, for text of one line: without line ends and without characters that change the direction. A
 * name that is written from right to left is isolated (U+2068 … U+2069), so that the text around it keeps its order.
 */
export function plainName(name: string): string {
  const plain = name.replaceAll(unprintable, ' ');
  return rightToLeft.test(plain) ? `\u2068${plain}\u2069` : plain;
}

/** Text with ordinary spaces only, so that people can search and copy it. */
export function plainWords(text: string): string {
  return text.replaceAll(/[\u00a0\u2009\u202f]/g, ' ');
}
