import { compact } from '../../http/page/html.js';
import { ADMIN_STYLES_DIALOG } from './styles.dialog.js';

/**
 * The style sheet of the admin page: the maintenance page's sea and sky by day and night, and another sky while something is in
 * maintenance. Colours of text stay at WCAG AA or better on their ground.
 */
export const ADMIN_STYLES =
  compact(`
:root{
color-scheme:light dark;
--ground:#faf8f3;--card:#fff;--ink:#15232c;--soft:#43525c;--quiet:#5b6871;--line:#dfdacf;--edge:#7d8a91;
--go:#1f6478;--go-ink:#fff;--stop:#ac2a1d;--stop-ink:#fff;--warn:#fdf0d5;--warn-ink:#5f3b00;--severe:#fde4e0;--severe-ink:#7c1a10;
--ok:#dcefe6;--ok-ink:#15543a;--focus:#0b5cad;
--sky-a:#faf8f3;--sky-b:#fbdfbb;--sky-ink:#15232c;--disc:#ee9a4d;--halo:#f6b566;--far:#a5ccd0;--mid:#69a3ae;--near:#33768a
}
:root[data-headline=part],:root[data-headline=readOnly]{
--sky-a:#f6c453;--sky-b:#f3a63c;--sky-ink:#3a2300;--disc:#fff1c9;--halo:#ffe39a;--far:#d98a2b;--mid:#b96d1c;--near:#8f5010
}
:root[data-headline=closed]{
--sky-a:#a3231a;--sky-b:#c8402c;--sky-ink:#fff;--disc:#ffd9a8;--halo:#ff9d6e;--far:#8d1d17;--mid:#711512;--near:#540e0d
}
@media (prefers-color-scheme:dark){
:root{
--ground:#0c151d;--card:#131f29;--ink:#f1f3f1;--soft:#bcc7cd;--quiet:#93a2ab;--line:#263541;--edge:#6d808c;
--go:#8fcfdd;--go-ink:#06222b;--stop:#ff9c8d;--stop-ink:#3b0904;--warn:#3a2a0c;--warn-ink:#f7d89a;--severe:#451611;--severe-ink:#ffc9c0;
--ok:#12382a;--ok-ink:#a6e3c6;--focus:#8ec5ff;--glow:.1;
--sky-a:#0c151d;--sky-b:#1d3447;--sky-ink:#f1f3f1;--disc:#efe6cf;--halo:#f4ecd6;--far:#2b4c5e;--mid:#1d3a4a;--near:#122a38
}
:root[data-headline=part],:root[data-headline=readOnly]{
--sky-a:#4a2f06;--sky-b:#6d430a;--sky-ink:#ffeccb;--disc:#ffdf9b;--halo:#ffcf73;--far:#5a3707;--mid:#462a05;--near:#301c03
}
:root[data-headline=closed]{
--sky-a:#5c120c;--sky-b:#8a2115;--sky-ink:#ffe9e4;--disc:#ffcba0;--halo:#ff8b60;--far:#5d110d;--mid:#470c0a;--near:#310706
}
}
*{box-sizing:border-box;margin:0}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{
min-height:100vh;background:var(--ground);color:var(--ink);overflow-wrap:anywhere;
font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif
}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.sky{position:relative;overflow:hidden;background:linear-gradient(var(--sky-a),var(--sky-b));color:var(--sky-ink)}
.bar,.headline,main{position:relative;z-index:1;max-width:60rem;margin:0 auto;padding:0 1.5rem}
.bar{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1rem;padding-top:1.25rem}
.brand{font-weight:600}
.link{display:flex;align-items:center;gap:.5rem;font-size:.875rem}
.link:not(:empty)::before{content:"";width:.625rem;height:.625rem;border:2px solid;border-radius:50%}
[data-link=live] .link::before,[data-link=polling] .link::before{background:currentColor}
[data-link=lost] .link,[data-link=signedOut] .link{font-weight:700}
.headline{padding-top:clamp(1.5rem,5vh,3.5rem);padding-bottom:clamp(7rem,17vh,9.5rem)}
h1{font-size:clamp(2rem,1.35rem + 2.9vw,3.25rem);line-height:1.1;letter-spacing:-.022em;text-wrap:balance}
#note{max-width:36em;margin-top:.75rem;font-size:1.125rem}
.scene{position:absolute;inset:auto 0 0;height:clamp(9rem,26vh,14rem);pointer-events:none}
.scene svg{position:absolute;display:block}
.stars{display:none!important}
.sun{inset-inline-end:max(1.5rem,50% - 28rem);bottom:14%;width:clamp(6.5rem,17vh,9.5rem);height:auto}
.disc{fill:var(--disc)}
.halo{fill:var(--halo);opacity:var(--glow,.2)}
.wave{left:0;bottom:0;width:max(4000px,125vw)}
.far{height:44%;fill:var(--far)}
.mid{height:32%;fill:var(--mid);margin-left:-170px}
.near{height:19%;fill:var(--near);margin-left:-60px}
main{padding-top:1.75rem;padding-bottom:5rem}
#alerts{display:grid;gap:1rem}
#alerts:not(:empty){margin-bottom:1.5rem}
.alert{padding:1rem 1.25rem;border-radius:.75rem;background:var(--severe);color:var(--severe-ink)}
.alert button{margin-top:.75rem}
main .hint{color:var(--quiet)}
#keys{display:grid;gap:1rem}
.card{
display:grid;grid-template-columns:1fr auto;gap:.75rem 2rem;align-items:center;padding:1.25rem 1.5rem;border:1px solid var(--line);
border-radius:.875rem;background:var(--card)
}
.card.is-on{border-color:var(--stop);box-shadow:0 0 0 1px var(--stop)}
[data-link=lost] :is(.sky,.card),[data-link=signedOut] :is(.sky,.card){filter:grayscale(1)}
.name{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem .75rem}
h3{font-size:1.1875rem;line-height:1.35}
.badge{padding:.0625rem .625rem;border-radius:1rem;background:var(--ok);color:var(--ok-ink);font-size:.8125rem;font-weight:600}
.is-on .badge{background:var(--severe);color:var(--severe-ink)}
.help{max-width:40em;margin-top:.25rem;color:var(--soft)}
.actions{display:flex;flex-wrap:wrap;gap:.5rem}
.card .actions{justify-content:flex-end}
.warning{grid-column:1/-1;padding:.625rem .875rem;border-radius:.5rem;background:var(--warn);color:var(--warn-ink)}
.warning.severe{background:var(--severe);color:var(--severe-ink);font-weight:600}
dl{grid-column:1/-1;display:grid;grid-template-columns:repeat(3,1fr);gap:.75rem 2rem;padding-top:.875rem;border-top:1px solid var(--line)}
dl .reason,dl .message{grid-column:1/-1}
dt{color:var(--quiet);font-size:.875rem}
dd{white-space:pre-line;font-variant-numeric:tabular-nums}
.since dd,.until dd,.by dd{font-weight:600}
.ago{display:block;color:var(--soft);font-weight:400;font-size:.9375rem}
button{
min-height:2.75rem;padding:.5rem 1.125rem;border:1px solid transparent;border-radius:.625rem;background:none;color:inherit;
font:inherit;font-weight:600;cursor:pointer
}
button.primary{background:var(--go);color:var(--go-ink)}
button.danger{background:var(--stop);color:var(--stop-ink)}
button.plain,button.begin{border-color:var(--edge)}
button.begin{color:var(--stop)}
button.quiet{color:var(--soft);text-decoration:underline;text-underline-offset:.2em}
button:hover{filter:brightness(1.08)}
button:disabled{filter:none;opacity:.7;cursor:progress}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.card:focus{outline-offset:4px}
.toast{
position:fixed;inset:auto 1rem 1.25rem;z-index:2;width:fit-content;max-width:calc(100% - 2rem);margin:0 auto;padding:.75rem 1.25rem;
border-radius:.75rem;background:var(--ink);color:var(--ground);font-weight:600;box-shadow:0 6px 24px #0006
}
.toast:empty{opacity:0}
@media (max-width:40rem){
.bar,.headline,main{padding-inline:1rem}
.card{grid-template-columns:1fr;padding:1rem}
.card .actions{justify-content:stretch}
.card .actions button{flex:1 1 auto}
dl{grid-template-columns:1fr 1fr}
dl .by{grid-column:1/-1}
.headline{padding-bottom:8.5rem}
.sun{width:5.5rem;bottom:24%}
}
@media (prefers-reduced-motion:no-preference){
.wave{animation:drift 40s linear infinite}
.mid{animation-duration:30s;animation-direction:reverse}
.near{animation-duration:23s}
@keyframes drift{to{transform:translateX(-12.5%)}}
}
`) + ADMIN_STYLES_DIALOG;
