import { ValidateBy, type ValidationArguments } from 'class-validator';
import { LONGEST_TEXT, textFault } from '../core/texts/text-option.js';

/** A text for visitors: one, or one per language. */
export const IsVisitorText = (name: string): PropertyDecorator =>
  ValidateBy({
    name: 'isVisitorText',
    validator: {
      validate: (value) => textFault(value) === undefined,
      defaultMessage: (args) => explain(name, args),
    },
  });

function explain(name: string, args: ValidationArguments | undefined): string {
  const value: unknown = args?.value;
  const [tag] = textFault(value) ?? [];
  if (tag !== undefined) {
    return `"${name}" has no text in a language for ${JSON.stringify(tag.slice(0, 50))}: names must be BCP 47 tags, values text.`;
  }
  const isText =
    typeof value === 'string' || (typeof value === 'object' && Object.keys(value ?? {}).length > 0);
  return isText && !Array.isArray(value)
    ? `"${name}" must not be longer than ${LONGEST_TEXT} characters.`
    : `"${name}" must be text, or texts by language such as {"": "Back soon", "de": "Gleich zurück"}.`;
}
