import {
  ADMIN_SCRIPT,
  ADMIN_SCRIPT_SOURCE,
  ADMIN_STYLES,
  ADMIN_STYLES_SOURCE,
} from '../../browser/admin.generated.js';
import { PAGE_ICON, PAGE_SCENE } from '../../browser/page.generated.js';
import { escapeHtml } from '../../http/page/html.js';
import { pageLanguage } from '../../i18n/page-language.js';
import type { PageData } from '../page-data.js';
import { ADMIN_TEXTS, type AdminText } from './texts.js';

/** What pages are rendered with besides what they show. */
export interface AdminPageContext {
  /** BCP 47 tag of the language the texts are in. */
  readonly language: string;
  /** The translation of a built-in English text. */
  readonly text: (english: string) => string;
  /** Is there a gateway, and so a browser script to include. */
  readonly live: boolean;
}

const HEAD =
  `<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">` +
  `<link rel="icon" href="${PAGE_ICON}"><style>${ADMIN_STYLES}</style>`;

/**
 * The admin page. All that it shows is data for its script, which writes it as text and never as markup; without the script it
 * says that it needs one.
 */
export function renderAdminPage(
  context: AdminPageContext & Pick<PageData, 'state' | 'defaultMessage' | 'tickets'>,
): string {
  const { state, defaultMessage, live, tickets } = context;
  const texts = Object.fromEntries(
    Object.entries(ADMIN_TEXTS).map(([id, english]) => [id, context.text(english)]),
  ) as PageData['texts'];
  const data: PageData = { state, texts, defaultMessage, live, tickets };
  const text = (id: AdminText): string => escapeHtml(texts[id]);
  return document(
    context,
    `<header class="sky"><div class="bar"><p class="brand">${text('title')}</p>` +
      `<p class="link" id="link" role="status"></p></div>` +
      `<div class="headline"><h1 id="headline">${text(state.headline)}</h1><p id="note"></p></div>${PAGE_SCENE}</header>` +
      `<main id="main"><noscript><p class="alert">${text('needsScript')}</p></noscript><div id="alerts"></div>` +
      `<h2 class="unseen">${text('keys')}</h2><div id="keys"></div></main>` +
      `<dialog id="dialog" aria-labelledby="dialog-title"></dialog><p class="toast" id="toast" role="status"></p>` +
      `<script type="application/json" id="data">${scriptJson(data)}</script>` +
      `<script>${ADMIN_SCRIPT}</script>`,
  );
}

/** What those get who may not see the admin page. */
export function renderDenial(context: AdminPageContext, why: string): string {
  return document(
    context,
    `<div class="sky" role="main"><div class="bar"><p class="brand">${escapeHtml(context.text(ADMIN_TEXTS.title))}</p></div>` +
      `<div class="headline"><h1>403</h1><p>${escapeHtml(context.text(why))}</p></div>${PAGE_SCENE}</div>`,
  );
}

/** The Content-Security-Policy that fits exactly these pages. */
export function adminPageCsp({
  live = false,
  connect = [],
}: { live?: boolean; connect?: string[] } = {}): string {
  const sources = connect
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).origin)
    .flatMap((origin) => [origin, origin.replace(/^http/, 'ws')]);
  return (
    `default-src 'none'; style-src ${ADMIN_STYLES_SOURCE}; script-src ${ADMIN_SCRIPT_SOURCE}${live ? ` 'self'` : ''}; ` +
    `connect-src ${["'self'", ...sources].join(' ')}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  );
}

function document({ language, text }: AdminPageContext, body: string): string {
  const { tag, direction } = pageLanguage(language);
  return (
    `<!doctype html><html lang="${escapeHtml(tag)}" dir="${direction}"><head>${HEAD}` +
    `<title>${escapeHtml(text(ADMIN_TEXTS.title))}</title></head><body>${body}</body></html>\n`
  );
}

/** JSON that cannot end the element it stands in. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
