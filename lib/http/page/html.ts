const UNSAFE = /[&<>"']/;
const UNSAFE_ALL = /[&<>"']/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes any text safe as HTML text and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, (character) => ENTITIES[character] ?? '') : text;
}

/** Puts a readable source constant on one line. Every line break in it must be one that means nothing. */
export function compact(source: string): string {
  return source.replace(/\n\s*/g, '').trim();
}
