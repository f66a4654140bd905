import { Body, Controller, Get, Header, Post, Req } from '@nestjs/common';
import { Operators } from '../operators/operators.service.js';
import { page } from './page.js';

const PRODUCTS = [
  { id: 1, name: 'Apples', price: 3 },
  { id: 2, name: 'Bread', price: 4 },
  { id: 3, name: 'Cheese', price: 9 },
];

/** Nothing here knows of maintenance: every handler is guarded. */
@Controller()
export class ShopController {
  private orders = 0;

  constructor(private readonly operators: Operators) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(@Req() request: unknown): string {
    const items = PRODUCTS.map(({ name, price }) => `<li>${name} <b>${price} €</b></li>`).join('');
    return page('Corner shop', `<ul>${items}</ul>`, { operator: this.operators.of(request) });
  }

  @Get('products')
  products() {
    return PRODUCTS;
  }

  @Post('orders')
  order(@Body() { product }: { product?: number } = {}) {
    return { order: ++this.orders, product };
  }
}
