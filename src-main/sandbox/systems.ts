import { datadogSandbox } from '../adapters/datadog/sandbox.ts';
import { emailSandbox } from '../adapters/email/sandbox.ts';
import { freshbooksSandbox } from '../adapters/freshbooks/sandbox.ts';
import { grafanaSandbox } from '../adapters/grafana/sandbox.ts';
import { honeybookSandbox } from '../adapters/honeybook/sandbox.ts';
import { lightblueSandbox } from '../adapters/lightblue/sandbox.ts';
import { lookerSandbox } from '../adapters/looker/sandbox.ts';
import { newrelicSandbox } from '../adapters/newrelic/sandbox.ts';
import { pagerdutySandbox } from '../adapters/pagerduty/sandbox.ts';
import { powerbiSandbox } from '../adapters/powerbi/sandbox.ts';
import { quickbooksSandbox } from '../adapters/quickbooks/sandbox.ts';
import { slackSandbox } from '../adapters/slack/sandbox.ts';
import { smsSandbox } from '../adapters/sms/sandbox.ts';
import { anthropicSandbox } from '../adapters/sources/sandbox/anthropic.ts';
import { hmrcSandbox } from '../adapters/sources/sandbox/hmrc.ts';
import { openaiSandbox } from '../adapters/sources/sandbox/openai.ts';
import { wedsyncSandbox } from '../adapters/sources/sandbox/wedsync.ts';
import { tableauSandbox } from '../adapters/tableau/sandbox.ts';
import { taveSandbox } from '../adapters/tave/sandbox.ts';
import { webhookSandbox } from '../adapters/webhook/sandbox.ts';
import { xeroSandbox } from '../adapters/xero/sandbox.ts';
import { heartbeatSandbox } from './heartbeat.ts';
import type { SandboxSystem } from './kit.ts';

/** Everything the sandbox plays, in the order of the systems list; then what costs and rates are fetched from. */
export const sandboxSystems: readonly SandboxSystem[] = [
  datadogSandbox,
  newrelicSandbox,
  grafanaSandbox,
  powerbiSandbox,
  tableauSandbox,
  lookerSandbox,
  xeroSandbox,
  quickbooksSandbox,
  freshbooksSandbox,
  taveSandbox,
  slackSandbox,
  emailSandbox,
  smsSandbox,
  pagerdutySandbox,
  webhookSandbox,
  honeybookSandbox,
  lightblueSandbox,
  heartbeatSandbox,
  openaiSandbox,
  anthropicSandbox,
  hmrcSandbox,
  wedsyncSandbox,
];
