import { compact } from './html.js';

/**
 * The whole script of the built-in page: the expected end in the visitor's own time zone, a countdown, and the reload that
 * `<meta http-equiv=refresh>` does where scripts are off. A constant like the styles; what differs from page to page comes in
 * data attributes.
 *
 * - The countdown starts from the seconds that the server counted, so a wrong clock on the visitor's side does not matter.
 * - At zero the page waits between 1 and 10 seconds, by chance, so that not everybody returns in the same moment.
 * - A server that has gone would answer with the browser's own page, which never comes back: the page waits until the browser
 *   script, where it is included, has found somebody again.
 * - `location.reload()` would offer to send a refused form again; it is used only where replacing could not load (a fragment).
 */
export const PAGE_SCRIPT = compact(`
(function(){
var root=document.documentElement,main=document.querySelector('main'),data=main.dataset,time=main.querySelector('time');
function after(ms){setTimeout(reload,Math.min(ms,2147483647))}
function reload(){
if(window.maintenance&&window.maintenance.connection==='lost')after(1000);
else if(location.hash)location.reload();
else location.replace(location.href)
}
after(data.refresh*(1000+Math.random()*100));
if(!time)return;
var own=(navigator.languages||[]).filter(function(tag){return tag.split('-')[0]===root.lang.split('-')[0]})[0]||root.lang;
var end=new Date(time.dateTime),now=new Date(),shown={timeStyle:'short'};
if(end.toDateString()!==now.toDateString())shown.dateStyle='full';
time.title=time.textContent;
time.textContent=end.toLocaleString(own,shown);
var zero=now.getTime()+data.left*1000,timer=main.querySelector('[role=timer]');
var units=['day','hour','minute','second'],sizes=[86400,3600,60,1];
function tick(){
var ms=zero-Date.now(),s=Math.ceil(ms/1000),text=[],i=0;
if(s<=0){timer.textContent=data.soon;after(1000+Math.random()*9000);return}
while(s<sizes[i])i++;
for(var last=Math.min(i+3,4);i<last;i++){
text.push(new Intl.NumberFormat(own,{style:'unit',unit:units[i],unitDisplay:'short'}).format(Math.floor(s/sizes[i])));
s%=sizes[i]
}
timer.textContent=text.join(' ');
setTimeout(tick,ms%1000+20)
}
tick();
main.querySelector('[hidden]').hidden=false
})()
`);
