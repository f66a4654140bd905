import { compact } from './html.js';

/**
 * The style sheet of the built-in page. It is a constant, so that one hash in the Content-Security-Policy allows it and nothing
 * else. Colours of text stay at WCAG AA or better on their ground.
 */
export const PAGE_STYLES = compact(`
:root{
color-scheme:light dark;
--ground:#faf8f3;--glow:#fbdfbb;--ink:#15232c;--soft:#43525c;--quiet:#5b6871;--line:#dfdacf;
--disc:#ee9a4d;--halo:#f6b566;--far:#a5ccd0;--mid:#69a3ae;--near:#33768a
}
@media (prefers-color-scheme:dark){:root{
--ground:#0c151d;--glow:#1d3447;--ink:#f1f3f1;--soft:#bcc7cd;--quiet:#93a2ab;--line:#263541;
--disc:#efe6cf;--halo:#f4ecd6;--far:#2b4c5e;--mid:#1d3a4a;--near:#122a38
}}
*{box-sizing:border-box;margin:0}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{
display:grid;grid-template:1fr auto/minmax(0,1fr);min-height:100vh;min-height:100dvh;
background:var(--ground);color:var(--ink);
font:400 1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif
}
main{align-self:center;width:100%;max-width:46rem;margin:0 auto;padding:clamp(3rem,9vh,6rem) 1.5rem 2.5rem;overflow-wrap:anywhere}
h1{
max-width:16em;font-size:clamp(2rem,1.35rem + 2.9vw,3rem);font-weight:700;line-height:1.1;letter-spacing:-.022em;
text-wrap:balance
}
[dir=rtl] h1{letter-spacing:0;line-height:1.3}
.message{max-width:36em;margin-top:1.5rem;color:var(--soft);font-size:clamp(1.0625rem,1rem + .4vw,1.25rem);white-space:pre-line;
text-wrap:pretty}
dl{display:flex;flex-wrap:wrap;gap:1.25rem 4rem;margin-top:2.25rem;padding-top:1.5rem;border-top:1px solid var(--line)}
dt{color:var(--quiet);font-size:.875rem}
dd{font-size:clamp(1.25rem,1.1rem + .6vw,1.5rem);font-weight:600;line-height:1.4;font-variant-numeric:tabular-nums}
.note{margin-top:2.25rem;color:var(--quiet);font-size:.875rem}
.scene{position:relative;overflow:hidden;height:clamp(10rem,34vh,20rem);background:linear-gradient(var(--ground),var(--glow) 75%)}
.scene svg{position:absolute;display:block}
.stars{display:none!important;inset:0;width:100%;height:60%;fill:var(--disc);opacity:.7}
[dir=rtl] .stars{transform:scaleX(-1)}
.sun{inset-inline-end:max(1.5rem,50% - 21.5rem);bottom:11%;width:clamp(9rem,24vh,13rem);height:auto}
.disc{fill:var(--disc)}
.halo{fill:var(--halo);opacity:.18}
.wave{left:0;bottom:0;width:max(4000px,125vw)}
.far{height:56%;fill:var(--far)}
.mid{height:42%;fill:var(--mid);margin-left:-170px}
.near{height:27%;fill:var(--near);margin-left:-60px}
@media (prefers-color-scheme:dark){
.stars{display:block!important}
.sun{bottom:38%;width:clamp(8rem,20vh,11rem)}
.halo{opacity:.055}
}
@media (prefers-reduced-motion:no-preference){
.wave{animation:drift 36s linear infinite}
.mid{animation-duration:26s;animation-direction:reverse}
.near{animation-duration:19s}
.sun{animation:rise 1.8s cubic-bezier(.2,.7,.2,1) both}
@keyframes drift{to{transform:translateX(-12.5%)}}
@keyframes rise{from{transform:translateY(14%)}}
}
@media print{.scene,.note{display:none}}
`);
