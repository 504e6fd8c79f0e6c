import type { AlertTables } from './repositories/alerts.ts';
import type { AuditTables } from './repositories/audit.ts';
import type { BiTables } from './repositories/bi.ts';
import type { ConnectionTables } from './repositories/connections.ts';
import type { CostFetchTables } from './repositories/cost-fetches.ts';
import type { CostTables } from './repositories/costs.ts';
import type { CrmTables } from './repositories/crm.ts';
import type { DeliveryTables } from './repositories/deliveries.ts';
import type { DeskTables } from './repositories/desk.ts';
import type { ExportTables } from './repositories/exports.ts';
import type { HealthTables } from './repositories/health.ts';
import type { ImportTables } from './repositories/imports.ts';
import type { InboundTables } from './repositories/inbound.ts';
import type { InvoiceDetailTables } from './repositories/invoice-details.ts';
import type { KpiCounterTables } from './repositories/kpi-counters.ts';
import type { KpiTables } from './repositories/kpis.ts';
import type { LedgerDuplicateTables } from './repositories/ledger-duplicates.ts';
import type { LedgerMapTables } from './repositories/ledger-map.ts';
import type { LineSplitTables } from './repositories/line-splits.ts';
import type { MonthSumTables } from './repositories/month-sums.ts';
import type { OrganisationTables } from './repositories/organisations.ts';
import type { OutboxTables } from './repositories/outbox.ts';
import type { PersonalTables } from './repositories/personal.ts';
import type { RateTables } from './repositories/rates.ts';
import type { ReversalTables } from './repositories/reversals.ts';
import type { ReviewTables } from './repositories/review.ts';
import type { ScheduleTables } from './repositories/schedules.ts';
import type { SendingSeatTables } from './repositories/sending-seats.ts';
import type { SupplierTables } from './repositories/suppliers.ts';
import type { UsageTables } from './repositories/usage.ts';
import type { WeddingTables } from './repositories/weddings.ts';

/** Every table the typed query builder knows; each repository file declares its own and is joined in here. */
export interface Tables
  extends OrganisationTables,
    AlertTables,
    WeddingTables,
    OutboxTables,
    AuditTables,
    PersonalTables,
    BiTables,
    ConnectionTables,
    CostTables,
    CostFetchTables,
    DeskTables,
    DeliveryTables,
    CrmTables,
    ExportTables,
    HealthTables,
    ImportTables,
    InboundTables,
    InvoiceDetailTables,
    KpiCounterTables,
    KpiTables,
    LedgerDuplicateTables,
    LedgerMapTables,
    LineSplitTables,
    MonthSumTables,
    RateTables,
    ReversalTables,
    ReviewTables,
    ScheduleTables,
    SendingSeatTables,
    SupplierTables,
    UsageTables {}
