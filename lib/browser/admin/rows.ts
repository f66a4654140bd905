import { byId } from './elements.js';
import { passFocus } from './focus.js';

/** A row of a list, and what it is about. */
export interface Row {
  readonly id: string;
  readonly item: HTMLElement;
}

/** What a row has to show. A row with another name looks different. */
export interface Wanted<Made extends Row> {
  readonly id: string;
  readonly name: string;
  make(): Made;
}

/**
 * The rows of a list. Each is created once and stays where it is for as long as it looks the same, and with it the focus. If the row that
 * has the focus changes, the new one gets it, and if it goes, what is around the list: no button, since a press meant for what was there
 * must not reach another.
 */
export class Rows<Made extends Row> {
  private readonly rows = new Map<string, Made>();

  constructor(
    private readonly list: HTMLElement,
    private readonly around: HTMLElement,
  ) {}

  draw(wanted: readonly Wanted<Made>[]): Made[] {
    if (wanted.length === 0) {
      passFocus(this.around, byId('main'));
    }
    this.around.hidden = wanted.length === 0;
    const focused = this.removeAllBut(new Set(wanted.map(({ name }) => name)));
    const drawn = wanted.map(({ name, make }) => {
      const row = this.rows.get(name) ?? make();
      this.rows.set(name, row);
      return row;
    });
    drawn.forEach(({ item }, index) => {
      if (this.list.children[index] !== item) {
        this.list.insertBefore(item, this.list.children[index] ?? null);
      }
    });
    if (focused !== undefined) {
      const row = drawn.find(({ id }) => id === focused);
      (row?.item ?? this.around).focus({ preventScroll: true });
    }
    return drawn;
  }

  /** @returns which of the rows that are gone had the focus */
  private removeAllBut(names: ReadonlySet<string>): string | undefined {
    let focused: string | undefined;
    for (const [name, { id, item }] of this.rows) {
      if (!names.has(name)) {
        focused ??= item.contains(document.activeElement) ? id : undefined;
        item.remove();
        this.rows.delete(name);
      }
    }
    return focused;
  }
}
