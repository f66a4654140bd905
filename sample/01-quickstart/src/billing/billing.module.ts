import { Module } from '@nestjs/common';
import { BillingController } from './billing.controller.js';
import { BillingKey } from './billing.key.js';

@Module({ controllers: [BillingController], providers: [BillingKey] })
export class BillingModule {}
