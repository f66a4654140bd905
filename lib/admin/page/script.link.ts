/** Talks to the server: the socket wakes, looking again and again guarantees. */
export const ADMIN_SCRIPT_LINK = String.raw`
const LOOK = 5000;
const LOOK_HIDDEN = 30000;
const LOOK_LOST = 2000;
const PATIENCE = 10000;
// hooks of the application may take their time before and after a change
const PATIENCE_WRITE = 20000;

async function ask(path, init) {
  const response = await fetch(base + path, {
    ...init,
    headers: { Accept: 'application/json', ...(init && init.headers) },
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'manual',
    signal: AbortSignal.timeout(init ? PATIENCE_WRITE : PATIENCE),
  });
  const json = (response.headers.get('content-type') || '').includes('json') ? await response.json() : null;
  return { ok: response.ok && json !== null, status: response.status, json, elsewhere: response.type === 'opaqueredirect' };
}

let link = '';
let heard = Date.now();
let asked = 0;
let shown = 0;
let live = false;
let timer;

function setLink(next) {
  if (link === next) return;
  link = next;
  root.dataset.link = next;
  write(byId('link'), texts[next]);
  notice('lost', next === 'lost' ? ['lost', fill('lostNote', { time: clock(heard + ahead, true) })] : null);
  const reload = next === 'signedOut' ? button('reload', 'primary', () => location.reload()) : null;
  notice('signedOut', reload && ['signedOut', texts.signedOutNote], reload);
  drawState();
}

async function refresh() {
  const mine = ++asked;
  const answer = await ask('admin/state').catch(() => null);
  if (mine < shown) return;
  const denied = answer && (answer.elsewhere || answer.status === 401 || answer.status === 403 || (answer.status === 200 && !answer.ok));
  if (answer && answer.ok) {
    shown = mine;
    state = answer.json;
    heard = Date.now();
    ahead = Date.parse(state.now) - heard;
    setLink(live ? 'live' : 'polling');
    drawState();
    watchOthers();
  } else if (mine === asked) setLink(denied ? 'signedOut' : 'lost');
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, document.hidden ? LOOK_HIDDEN : link === 'lost' ? LOOK_LOST : LOOK);
}

function look() {
  return refresh().finally(plan);
}

addEventListener('maintenance:change', () => void look());
addEventListener('maintenance:connection', (event) => {
  live = event.detail === 'live';
  void look();
});
addEventListener('online', () => void look());
addEventListener('offline', () => setLink('lost'));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void look();
});

setLink('polling');
plan();
if (data.live) {
  const socket = element('script', { src: base + 'script', async: true });
  // this page shows by itself what the script would mark
  socket.dataset.admin = 'none';
  document.head.append(socket);
}
// times are told in relation to now
setInterval(drawState, LOOK);
`.trim();
