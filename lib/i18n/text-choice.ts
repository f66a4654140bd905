import type { MaintenanceTexts } from '../core/texts/maintenance-text.js';
import { Languages } from './languages.js';

/** Chooses among the languages of a text that was given in several. */
export class TextChoice {
  private readonly known = new WeakMap<MaintenanceTexts, Languages>();

  /** @param base the language of the text for everybody else */
  constructor(private readonly base: string) {}

  /** The tag of the text for the sender of this `Accept-Language`; `''` for the one for everybody else, which may be missing. */
  pick(texts: MaintenanceTexts, acceptLanguage: string | undefined): string {
    let languages = this.known.get(texts);
    if (!languages) {
      const tags = Object.keys(texts).filter((tag) => tag !== '');
      languages = new Languages(['', ...tags], this.base);
      this.known.set(texts, languages);
    }
    return languages.pick(acceptLanguage);
  }
}
