import { visitorLanguage } from './time-left.js';

/**
 * Writes an instant in the visitor's own time zone, with the date only if it is on another day than `beside`. What the server wrote
 * stays as the title.
 */
export function showTime(time: HTMLTimeElement, beside = new Date()): Date {
  const instant = new Date(time.dateTime);
  time.title = time.textContent as string;
  time.textContent = instant.toLocaleString(visitorLanguage(), {
    timeStyle: 'short',
    dateStyle: instant.toDateString() === beside.toDateString() ? undefined : 'full',
  });
  return instant;
}
