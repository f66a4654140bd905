import { HOUR, MaintenanceKey } from 'nestjs-maintenance';

/** While the catalogue is replaced, visitors may look at the shop but not buy: reads pass, writes are refused. */
export const CATALOGUE_IMPORT = new MaintenanceKey('catalogue-import', {
  label: 'Catalogue import',
  helpText: 'Switched on by the import itself.',
  order: 5,
  readOnly: true,
  timeout: HOUR,
});
