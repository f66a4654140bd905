/** What was typed into a dialog and not sent yet: kept through a log-in or a reload, in this tab. */
export interface Draft {
  /** The key it is for. */
  readonly name: string;
  /** On which state of it. */
  readonly tag: string | null;
  /** Only what is not as it was. */
  readonly values: Readonly<Record<string, string>>;
}

const ENTRY = 'maintenance:draft';
/** Milliseconds after which it is discarded. */
const KEPT_FOR = 3_600_000;

export function saveDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(ENTRY, JSON.stringify({ ...draft, at: Date.now() }));
  } catch {
    // no storage in this browser: then it is only kept while the page is open
  }
}

export function readDraft(): Draft | null {
  try {
    const stored = JSON.parse(sessionStorage.getItem(ENTRY) ?? 'null') as (Draft & { at: number }) | null;
    return stored && Date.now() - stored.at < KEPT_FOR ? stored : null;
  } catch {
    return null;
  }
}

export function clearDraft(): void {
  try {
    sessionStorage.removeItem(ENTRY);
  } catch {
    // there is none
  }
}
