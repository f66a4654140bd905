import { compact } from './html.js';

/** Eight swells of 480 units side by side, so that a layer moved by one eighth of its width looks the same again. */
function swell(height: number): string {
  return `M0 40q120 ${-height} 240 0${'t240 0'.repeat(15)}V200H0z`;
}

/**
 * The sea at the foot of the page: the sun by day, the moon and a few stars by night. Every drawing is an element of its own,
 * so that moving it costs no repainting, and has no size but the one that the style sheet gives: where styles are blocked the
 * page is plain text.
 */
export const PAGE_SCENE = compact(`
<div class="scene" aria-hidden="true">
<svg class="stars" width="0" height="0" viewBox="0 0 600 200">
<circle cx="60" cy="70" r="1.5"/>
<circle cx="150" cy="24" r="1"/>
<circle cx="212" cy="96" r="1.2"/>
<circle cx="280" cy="52" r="1.6"/>
<circle cx="585" cy="10" r="1.4"/>
</svg>
<svg class="sun" width="0" height="0" viewBox="0 0 200 200">
<circle class="halo" cx="100" cy="100" r="98"/>
<circle class="halo" cx="100" cy="100" r="74"/>
<circle class="disc" cx="100" cy="100" r="50"/>
</svg>
<svg class="wave far" width="0" height="0" viewBox="0 0 3840 200" preserveAspectRatio="none"><path d="${swell(18)}"/></svg>
<svg class="wave mid" width="0" height="0" viewBox="0 0 3840 200" preserveAspectRatio="none"><path d="${swell(26)}"/></svg>
<svg class="wave near" width="0" height="0" viewBox="0 0 3840 200" preserveAspectRatio="none"><path d="${swell(34)}"/></svg>
</div>
`);

/** The same sun over the same sea, as the icon of the tab: inline, so that the page asks for nothing. */
export const PAGE_ICON =
  `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E` +
  `%3Ccircle cx='16' cy='15' r='10' fill='%23ec9a4c'/%3E` +
  `%3Cpath d='M0 19q4-4 8 0t8 0 8 0 8 0v9a4 4 0 0 1-4 4H4a4 4 0 0 1-4-4z' fill='%232f7184'/%3E%3C/svg%3E`;
