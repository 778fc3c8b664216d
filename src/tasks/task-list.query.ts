import { PickType } from '@nestjs/swagger';
import { JobListQuery } from '../jobs/http/job-list.query';

export class TaskListQuery extends PickType(JobListQuery, ['page_size', 'cursor', 'status', 'type', 'tag']) {}
