import {
  Controller,
  Delete,
  Get,
  Inject,
  Patch,
  Post,
  Put,
  Req,
  Res,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import 'reflect-metadata';
import { applyDecorators } from './apply-decorators.js';
import { MaintenanceExempt } from '../decision/decorators.js';
import type { HttpRequest } from '../request/http-request.js';
import type { HttpReply } from '../request/http-reply.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { AdminService } from './admin.service.js';
import { KeyWriter } from './key-writer.js';
import { AdminGuards } from './admin-guards.js';
import { HistoryService } from './history.service.js';
import { WindowUndo } from './window-undo.js';
import { WindowsService } from './windows.service.js';
import { AdminPage } from './admin-page.js';
import { ExcludeFromOpenApi } from './exclude-from-openapi.js';
import { respond } from './api-response.js';
import { AnswersRefused } from './sign-in.js';

type KeyRequest = HttpRequest & { readonly params: Readonly<Record<string, unknown>> };

type QueryRequest = HttpRequest & { readonly query: Readonly<Record<string, unknown>> };

/**
 * The routes of the admin page and API, made per registration since their path and decorators are options. They take the bare
 * request and reply: there is nothing for the application's pipes to convert or its interceptors to wrap.
 */
export function adminController({ path, decorators }: Pick<ResolvedStructure, 'path' | 'decorators'>): Type {
  @ExcludeFromOpenApi()
  @MaintenanceExempt()
  @UseGuards(AdminGuards)
  @Controller({ path, version: VERSION_NEUTRAL })
  class MaintenanceAdminController {
    constructor(
      @Inject(AdminService) private readonly api: AdminService,
      @Inject(KeyWriter) private readonly writer: KeyWriter,
      @Inject(WindowsService) private readonly windows: WindowsService,
      @Inject(HistoryService) private readonly history: HistoryService,
      @Inject(WindowUndo) private readonly windowUndo: WindowUndo,
      @Inject(AdminPage) private readonly page: AdminPage,
    ) {}

    @AnswersRefused()
    @Get('admin')
    admin(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.page.render(request));
    }

    /** What the page shows, for the page alone. */
    @Get('admin/state')
    state(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.page.state(request));
    }

    /** Undoes what an entry of the page's history says about a window; only for the page. */
    @Post('admin/undo/:id')
    undo(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.windowUndo.undo(request, request.params['id']));
    }

    @Post('admin/ticket')
    ticket(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.ticket(request));
    }

    @Get('menu')
    menu(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.menu(request));
    }

    @Get('keys')
    keys(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.keys(request));
    }

    @Get('keys/:name')
    key(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.key(request, request.params['name']));
    }

    @Put('keys/:name')
    put(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.writer.put(request, request.params['name']));
    }

    @Patch('keys/:name')
    patch(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.writer.patch(request, request.params['name']));
    }

    @Delete('keys/:name')
    unset(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.writer.unset(request, request.params['name']));
    }

    @Get('keys/:name/quiet')
    quiet(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.quiet(request, request.params['name']));
    }

    @Get('keys/:name/routes')
    routes(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.routes(request, request.params['name']));
    }

    @Get('windows')
    windowsToCome(@Req() request: QueryRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.windows.list(request, request.query));
    }

    @Post('windows')
    schedule(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.windows.schedule(request));
    }

    @Patch('windows/:id')
    reschedule(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.windows.update(request, request.params['id']));
    }

    @Delete('windows/:id')
    cancel(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.windows.cancel(request, request.params['id']));
    }

    @Get('history')
    historyOf(@Req() request: QueryRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.history.list(request, request.query));
    }

    @Get('replicas')
    replicas(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.replicas(request));
    }

    @Delete('replicas/:id')
    forget(@Req() request: KeyRequest, @Res() reply: HttpReply): Promise<void> {
      return respond(reply, () => this.api.forget(request, request.params['id']));
    }
  }
  return applyDecorators(MaintenanceAdminController, decorators);
}
