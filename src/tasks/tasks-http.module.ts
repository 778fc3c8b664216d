import { Module } from '@nestjs/common';
import { ExternalTasksController } from './external/external-tasks.controller';
import { ExternalTasksService } from './external/external-tasks.service';
import { TasksController } from './tasks.controller';
import { TasksModule } from './tasks.module';
import { TasksService } from './tasks.service';

/** The routes of tasks. */
@Module({
  imports: [TasksModule],
  controllers: [TasksController, ExternalTasksController],
  providers: [ExternalTasksService, TasksService],
})
export class TasksHttpModule {}
