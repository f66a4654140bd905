import { describe, expect, it } from 'vitest';
import { collect } from '../../lib/cli/option-values.js';
import { parseText } from '../../lib/cli/texts.js';

const read = (...values: string[]) =>
  parseText(
    values.reduce<string[] | undefined>((before, value) => collect(value, before), undefined),
    '--message',
  );

describe('a text for visitors on the command line', () => {
  it('is a single text, taken as it is', () => {
    expect(read()).toBeUndefined();
    for (const text of ['Back soon', 'eta=5pm', 'de=Gleich', '', '=']) expect(read(text)).toBe(text);
  });

  it('may be one per language, one of them for everybody else', () => {
    expect(read('Back soon', 'de=Gleich zurück\n= um drei', 'pt-BR=Já voltamos')).toEqual({
      '': 'Back soon',
      de: 'Gleich zurück\n= um drei',
      'pt-br': 'Já voltamos',
    });
    expect(read('de=Gleich', 'fr=Bientôt')).toEqual({ de: 'Gleich', fr: 'Bientôt' });
  });

  it('must not be given twice for a language', () => {
    expect(() => read('one', 'two')).toThrow(
      /^--message was given more than once without a language; accepted:/,
    );
    expect(() => read('de=one', 'DE=two')).toThrow('more than once for "de"');
  });
});
