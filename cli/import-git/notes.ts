/** What the import left out or changed: for each reason, how often, and the first examples. */
export class Notes {
  readonly #byReason = new Map<string, { count: number; examples: string[] }>();
  static readonly examplesMax = 10;

  add(reason: string, example: string): void {
    let note = this.#byReason.get(reason);
    if (note === undefined) {
      note = { count: 0, examples: [] };
      this.#byReason.set(reason, note);
    }
    note.count += 1;
    if (note.examples.length < Notes.examplesMax) note.examples.push(example);
  }

  /** One line for each reason, in the order of their first appearance. */
  lines(): string[] {
    return [...this.#byReason].map(([reason, { count, examples }]) => {
      const more = count > examples.length ? ', …' : '';
      return `${reason}: ${count} (${examples.join(', ')}${more})`;
    });
  }
}
