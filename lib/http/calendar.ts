/** An entry of a calendar. */
export interface CalendarEvent {
  /** Never changes. */
  readonly uid: string;
  /** Grows with every change. */
  readonly sequence: number;
  readonly start: Date;
  readonly end: Date;
  readonly summary: string;
}

/** Octets per line, without its end. */
const LINE = 75;

/**
 * A calendar that programs subscribe to. Sources: RFC 5545, and RFC 7986 for its name and refresh interval.
 * @param now when it was made
 */
export function renderCalendar(name: string, events: readonly CalendarEvent[], now: Date): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//nestjs-maintenance//planned windows//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `NAME:${escapeText(name)}`,
    `X-WR-CALNAME:${escapeText(name)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT15M',
    ...events.flatMap(({ uid, sequence, start, end, summary }) => [
      'BEGIN:VEVENT',
      `UID:${escapeText(uid)}`,
      `SEQUENCE:${sequence}`,
      `DTSTAMP:${utc(now)}`,
      `DTSTART:${utc(start)}`,
      `DTEND:${utc(wholeSecond(end))}`,
      `SUMMARY:${escapeText(summary)}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join('');
}

/** An event ends later than it begins (RFC 5545, 3.6.1), also one of less than a second. */
const wholeSecond = (end: Date): Date => new Date(Math.ceil(end.getTime() / 1000) * 1000);

const utc = (instant: Date): string => `${instant.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/** Text as a value (RFC 5545, 3.3.11). Control characters are not allowed in it. */
const escapeText = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\t\n])\p{Cc}/gu, '')
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replace(/\n/g, '\\n');

/** Long lines continue after a line break and a space (RFC 5545, 3.1); never within a character. */
function fold(line: string): string {
  const parts: string[] = [];
  let part = '';
  let length = 0;
  for (const character of line) {
    const octets = Buffer.byteLength(character);
    if (length + octets > LINE) {
      parts.push(part);
      part = ' ';
      length = 1;
    }
    part += character;
    length += octets;
  }
  return [...parts, part].join('\r\n');
}
