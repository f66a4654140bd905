import { MaintenanceKey, RegisterMaintenanceKey } from 'nestjs-maintenance';
import { Operators } from '../operators/operators.service.js';

/** A key of its own class, with dependencies like any provider: only engineers find its switch on the admin page. */
@RegisterMaintenanceKey('billing', {
  label: 'Billing',
  helpText: 'Invoices and payments. The rest of the shop stays open.',
  order: 10,
  scope: 'marked',
})
export class BillingKey extends MaintenanceKey {
  constructor(private readonly operators: Operators) {
    super();
  }

  override isEditable(request: unknown): boolean {
    return this.operators.of(request)?.role === 'engineer';
  }
}
