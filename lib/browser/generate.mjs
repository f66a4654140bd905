import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundle as bundleStyles, Features } from 'lightningcss';
import { rolldown } from 'rolldown';
import { minify } from 'terser';

/** Browsers that styles are written for, by the first version; what is newer has a fallback in the sources. */
const BROWSERS = { chrome: 95 << 16, edge: 95 << 16, firefox: 90 << 16, safari: 15 << 16, ios_saf: 15 << 16 };

/** Properties that the browser script alone knows: no page, server or browser reads them, so they may get shorter names. */
const INTERNAL =
  /^(lookIn|lookSoon|hear|hearConnection|onConnection|isKept|pingUrl|wanted|missed|opened|lost|within|hurry|plan|retry|tell|hide|found|idle|rest|look|wake|shown|ask)$/;

/** What the server puts its settings in the place of. */
const SETTINGS = 'MAINTENANCE_SETTINGS';

/**
 * live/, page/ and admin/ as TypeScript constants, by file: scripts in one piece and as small as they get, styles likewise, and
 * the source expressions (hashes) that allow them in a Content-Security-Policy.
 * @param {string} folder
 */
export async function browserCode(folder) {
  const [socket, stream, page, admin] = await Promise.all([
    script(`${folder}live/socket.ts`, INTERNAL),
    script(`${folder}live/stream.ts`, INTERNAL),
    script(`${folder}page/main.ts`),
    script(`${folder}admin/main.ts`),
  ]);
  return {
    'browser/socket.generated.ts': constants({
      SOCKET_SCRIPT: {
        about: 'The browser script where there is a gateway: what stands before and after its settings.',
        value: halves(licence() + socket),
      },
    }),
    'browser/stream.generated.ts': constants({
      STREAM_SCRIPT: {
        about: 'The browser script where there is none: what stands before and after its settings.',
        value: halves(stream),
      },
    }),
    'browser/page.generated.ts': constants({
      PAGE_SCRIPT: { about: 'The script of the maintenance page.', value: page },
      PAGE_SCRIPT_SOURCE: { about: 'Allows it in a policy.', value: source(page) },
      ...stylesAndSource('PAGE', `${folder}page/page.css`, 'the maintenance page'),
      PAGE_SCENE: { about: 'The drawing at the foot of pages.', value: markup(`${folder}page/scene.html`) },
      PAGE_ICON: {
        about: 'The icon of the tab: inline, so that pages ask for nothing.',
        value: icon(`${folder}page/icon.svg`),
      },
    }),
    'browser/admin.generated.ts': constants({
      ADMIN_SCRIPT: { about: 'The script of the admin page.', value: admin },
      ADMIN_SCRIPT_SOURCE: { about: 'Allows it in a policy.', value: source(admin) },
      ...stylesAndSource('ADMIN', `${folder}admin/admin.css`, 'the admin page'),
    }),
  };
}

/**
 * One classic script without a global name, from a module and all that it imports.
 * @param {string} input
 * @param {RegExp} [internal] properties whose names do not matter
 */
async function script(input, internal) {
  const build = await rolldown({
    input,
    platform: 'browser',
    tsconfig: false,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    transform: { target: 'es2020' },
    plugins: [withoutWebTransport],
    onLog(level, log) {
      throw new Error(`${input}: ${level}: ${log.message}`);
    },
  });
  const { output } = await build.generate({
    format: 'iife',
    minify: { compress: true, mangle: false },
    comments: { legal: true, jsdoc: false, annotation: false },
  });
  await build.close();
  const [chunk] = output;
  // a minifier that takes longer gets further
  const { code = '' } = await minify(chunk.code, {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 4, inline: 1, unsafe_arrows: true },
    mangle: { properties: internal ? { regex: internal } : false },
    format: { comments: /^!/ },
  });
  if (output.length !== 1 || /<\/script|<!--/i.test(code)) {
    throw new Error(`${input}: the script must be one piece that can stand in a page.`);
  }
  return code;
}

/** The script connects by WebSocket and polling only: what Socket.IO needs for WebTransport is not sent to browsers. */
const withoutWebTransport = {
  name: 'without-webtransport',
  resolveId: (/** @type {string} */ id) => (id.endsWith('/webtransport.js') ? '\0webtransport' : undefined),
  load: (/** @type {string} */ id) => (id === '\0webtransport' ? 'export const WT = undefined;' : undefined),
};

/** The licence of the Socket.IO client asks for it. */
function licence() {
  const { version } = createRequire(import.meta.url)('socket.io-client/package.json');
  return `/*! with Socket.IO v${version}, (c) Guillermo Rauch and Socket.IO contributors, MIT License */\n`;
}

/**
 * What stands before and after the settings. They must be read in one place only.
 * @param {string} code
 */
function halves(code) {
  const parts = code.split(SETTINGS);
  if (parts.length !== 2) {
    throw new Error(`${SETTINGS} stands in ${parts.length - 1} places of the browser script, not in one.`);
  }
  return parts;
}

/**
 * @param {string} name
 * @param {string} filename
 * @param {string} where
 */
function stylesAndSource(name, filename, where) {
  const styles = new TextDecoder().decode(
    bundleStyles({
      filename,
      minify: true,
      targets: BROWSERS,
      exclude: Features.LightDark | Features.FontFamilySystemUi,
    }).code,
  );
  return {
    [`${name}_STYLES`]: { about: `The style sheet of ${where}.`, value: styles },
    [`${name}_STYLES_SOURCE`]: { about: 'Allows it in a policy.', value: source(styles) },
  };
}

/**
 * Markup in which white space between elements means nothing.
 * @param {string} file
 */
function markup(file) {
  return readLines(file)
    .reduce((text, line) => text + (text.endsWith('>') ? '' : ' ') + line)
    .replaceAll(' />', '/>');
}

/**
 * A drawing as a URL that can stand in an attribute.
 * @param {string} file
 */
function icon(file) {
  const svg = readLines(file).join('').replaceAll('"', "'");
  const escaped = [...svg].map((character) =>
    '<>#%'.includes(character) ? encodeURIComponent(character) : character,
  );
  return `data:image/svg+xml,${escaped.join('')}`;
}

/** @param {string} file */
function readLines(file) {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/**
 * The source expression of a policy that allows exactly this script or style sheet.
 * @param {string} content
 */
function source(content) {
  return `'sha256-${createHash('sha256').update(content, 'utf8').digest('base64')}'`;
}

/**
 * A module of constants.
 * @param {Record<string, { about: string, value: unknown }>} values
 */
function constants(values) {
  const lines = Object.entries(values).map(
    ([name, { about, value }]) =>
      `/** ${about} */\nexport const ${name} = ${JSON.stringify(value)}${Array.isArray(value) ? ' as const' : ''};\n`,
  );
  return lines.join('\n');
}
