import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { ApiProblems } from '../common/http/problem';
import { AuditTrailService } from './audit-trail.service';
import { AuditPageView, AuditQuery, viewAuditEntry } from './audit.view';
import { RequireScope } from './require-scope.decorator';
import { Scope } from './scope';

/** Who did what to clients, keys, secrets, settings and endpoints. */
@ApiTags('clients')
@RequireScope(Scope.Admin)
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly trail: AuditTrailService) {}

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listAuditEntries',
    summary: 'Read the audit trail, newest first',
    description:
      'Who did what to clients, keys, endpoints and settings. Nothing of it can be changed, and it goes after `AUDIT_RETENTION_DAYS`.',
  })
  @ApiOkResponse({ type: AuditPageView })
  @ApiProblems({ 400: 'A filter or the cursor is not valid.' })
  list(@Query() query: AuditQuery): Promise<AuditPageView> {
    return this.trail.list(query.client_id, query, viewAuditEntry);
  }
}
