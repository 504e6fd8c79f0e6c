import type { ConnectionView } from '../../../src-shared/contract/settings.ts';

/** The 17 systems of the product, in the order people look for them; shown even where this build has no adapter. */
export const allSystems: readonly {
  readonly id: string;
  readonly name: string;
  readonly category: ConnectionView['category'];
}[] = [
  { id: 'slack', name: 'Slack', category: 'channel' },
  { id: 'email', name: 'Email', category: 'channel' },
  { id: 'sms', name: 'SMS (Twilio)', category: 'channel' },
  { id: 'pagerduty', name: 'PagerDuty', category: 'channel' },
  { id: 'webhook', name: 'Webhooks', category: 'channel' },
  { id: 'datadog', name: 'Datadog', category: 'monitoring' },
  { id: 'newrelic', name: 'New Relic', category: 'monitoring' },
  { id: 'grafana', name: 'Grafana', category: 'monitoring' },
  { id: 'powerbi', name: 'Power BI', category: 'bi' },
  { id: 'tableau', name: 'Tableau', category: 'bi' },
  { id: 'looker', name: 'Looker', category: 'bi' },
  { id: 'tave', name: 'Táve', category: 'crm' },
  { id: 'honeybook', name: 'HoneyBook', category: 'crm' },
  { id: 'lightblue', name: 'Light Blue', category: 'crm' },
  { id: 'quickbooks', name: 'QuickBooks Online', category: 'accounting' },
  { id: 'xero', name: 'Xero', category: 'accounting' },
  { id: 'freshbooks', name: 'FreshBooks', category: 'accounting' },
];
