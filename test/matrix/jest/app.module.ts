import { Controller, Get, Module } from '@nestjs/common';
import { MaintenanceModule } from 'nestjs-maintenance';

@Controller()
export class HomeController {
  @Get()
  home(): string {
    return 'home';
  }
}

@Module({ imports: [MaintenanceModule.forRoot()], controllers: [HomeController] })
export class AppModule {}
