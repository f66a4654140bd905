import type { PageKey } from '../../admin/page-data.js';
import type { Asked } from './dialog-content.js';
import { element, joinTexts, write } from './elements.js';
import { loginUrl, texts } from './page.js';
import { clock } from './times.js';

export function drawGo({ go, busy, conflict, confirm }: Asked): void {
  write(go, texts[busy ? 'working' : conflict ? 'confirmAnyway' : confirm]);
}

/** In a new tab: this one keeps what was typed. */
export function tellSignedOut({ problem }: Asked): void {
  problem.replaceChildren(element('p', { textContent: texts.signedOutDialog }));
  if (loginUrl !== null) {
    const link = { href: loginUrl, target: '_blank', rel: 'noopener', textContent: texts.signIn };
    problem.append(element('p', {}, element('a', link)));
  }
}

/** The present state; from here on the operator decides on that. */
export function tellNow(current: Asked, key: PageKey | undefined, text: string): void {
  current.problem.replaceChildren(element('p', { textContent: text }));
  if (!key) {
    return;
  }
  current.tag = key.tag;
  const facts = [
    texts[key.value ? 'on' : 'off'],
    key.since && `${texts.since} ${clock(key.since, true)}`,
    key.actor,
    key.reason,
  ];
  current.problem.append(element('p', { className: 'now' }, ...joinTexts(facts)));
  current.problem.scrollIntoView({ block: 'nearest' });
}
