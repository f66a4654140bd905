import type { Operator } from '../operators/operators.service.js';

interface PageOptions {
  /** Shown to them while maintenance is on. */
  operator?: Operator;
  /** Served during maintenance: the script must not reload it. */
  exempt?: boolean;
}

/** A page of the shop. The script lets it follow maintenance live; its attributes say how. */
export function page(title: string, body: string, { operator, exempt }: PageOptions = {}): string {
  const marks = (operator ? ' data-admin' : '') + (exempt ? ' data-exempt' : '');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <script src="/maintenance/script" defer${marks}></script>
    <style>
      body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
      label { display: block; margin-bottom: 0.5rem }
    </style>
  </head>
  <body>
    <h1>${title}</h1>
    ${body}
    <p>${operator ? `<a href="/maintenance/admin">Maintenance</a> (${operator.name})` : '<a href="/login">Operators</a>'}</p>
  </body>
</html>
`;
}
