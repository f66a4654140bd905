import type { INestApplication } from '@nestjs/common';
import { MaintenanceService } from 'nestjs-maintenance';
import type { AddressInfo } from 'node:net';

/** What to try, with the actual addresses. */
export function instructions(app: INestApplication): string {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://localhost:${port}`;
  const token = app.get(MaintenanceService).createBypassToken();
  const json = `-H 'Content-Type: application/json'`;
  return `
The corner shop is open at ${url} (${process.env.REDIS_URL ? 'Redis' : 'in memory'}).

In a browser
  ${url}/                   a page that follows maintenance live
  ${url}/login              log in as ada/ada, then switch on the admin page
  ${url}/maintenance/admin  the admin page

From a terminal
  curl -i -c operator.txt -d 'name=ada&password=ada' ${url}/login

  # close the shop for five minutes, look at it, open it again
  curl -b operator.txt -X PUT ${json} -d '{"mode":true,"minutes":5,"message":"Back at nine."}' ${url}/operators/maintenance/general
  curl -i ${url}/products
  curl -i -H 'Accept: text/html' ${url}/
  curl -i ${url}/health
  curl -b operator.txt -X PUT ${json} -d '{"mode":false}' ${url}/operators/maintenance/general

  # close billing only
  curl -b operator.txt -X PUT ${json} -d '{"mode":true}' ${url}/operators/maintenance/billing
  curl -i ${url}/invoices
  curl -i ${url}/products
  curl -b operator.txt -X PUT ${json} -d '{"mode":false}' ${url}/operators/maintenance/billing

  # plan a maintenance that starts in two minutes: pages announce it, with a countdown; for 20 seconds only orders are refused, then the
  # shop is closed for 40, and afterwards visitors come back one after another within a minute
  curl -b operator.txt -H 'Origin: ${url}' ${json} -d '{"key":"general","start":"'$(node -p 'new Date(Date.now() + 120000).toISOString()')'","duration":60000,"readOnly":20000,"reopenOver":60000}' ${url}/maintenance/windows

  # a job during which visitors can browse, but not order
  curl -b operator.txt -X POST '${url}/catalogue/import?seconds=20' &
  curl -i ${url}/products
  curl -i -X POST ${json} -d '{"product":1}' ${url}/orders

Use the shop during maintenance, for a day
  ${url}/?maintenance-bypass=${token}
`;
}
