import type { MaintenanceTexts } from '../core/texts/maintenance-text.js';
import { Languages } from './languages.js';

/** Chooses among the languages of a text that an operator gave in several. */
export class TextChoice {
  private readonly known = new WeakMap<MaintenanceTexts, Languages>();

  /** @param base the language of the text for everybody else */
  constructor(private readonly base: string) {}

  /** The tag of the text for whoever sends this `Accept-Language`; `''` for the one for everybody else, which need not be there. */
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
