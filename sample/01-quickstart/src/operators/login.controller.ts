import { Body, Controller, Get, Header, HttpCode, Post, Res, UnauthorizedException } from '@nestjs/common';
import { MaintenanceExempt } from 'nestjs-maintenance';
import type { ServerResponse } from 'node:http';
import { page } from '../shop/page.js';
import { Operators } from './operators.service.js';

/** Exempt: operators must be able to log in to end the maintenance. */
@MaintenanceExempt()
@Controller('login')
export class LoginController {
  constructor(private readonly operators: Operators) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  form(): string {
    return page(
      'Log in',
      `<form method="post">
        <label>Name <input name="name" autocomplete="username" required></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
        <button>Log in</button>
      </form>
      <p>ada/ada is an engineer and can switch maintenance, bob/bob is an auditor and can look.</p>`,
      { exempt: true },
    );
  }

  @Post()
  @HttpCode(303)
  @Header('Location', '/maintenance/admin')
  logIn(
    @Body() body: { name?: unknown; password?: unknown } | undefined,
    @Res({ passthrough: true }) response: Reply,
  ): void {
    const cookie = this.operators.logIn(body?.name, body?.password);
    if (cookie === undefined) {
      throw new UnauthorizedException('Wrong name or password.');
    }
    (response.raw ?? response).setHeader('Set-Cookie', cookie);
  }
}

/** Express' response is Node's own, Fastify's reply has it inside. */
type Reply = ServerResponse & { readonly raw?: ServerResponse };
