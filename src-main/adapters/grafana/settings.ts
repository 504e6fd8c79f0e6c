import { z } from 'zod';

const address = z.union([z.literal(''), z.url({ protocol: /^https$/ })]);

export const settings = z.object({
  protocol: z
    .enum(['remote-write', 'otlp'])
    .default('remote-write')
    .meta({ label: 'How metrics are sent', help: 'grafana.md#protocol', control: 'select' }),
  writeUrl: z
    .url({ protocol: /^https$/ })
    .default('https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom/push')
    .meta({
      label: 'Address metrics are written to',
      help: 'grafana.md#addresses',
      control: 'url',
      protected: true,
      env: 'PROMETHEUS_REMOTE_WRITE_URL',
    }),
  writeUser: z.string().trim().max(40).default('1000001').meta({
    label: 'User of that address (instance id)',
    help: 'grafana.md#keys',
    control: 'text',
    env: 'GRAFANA_METRICS_USER',
  }),
  grafanaUrl: address.default('https://wedsync.grafana.net').meta({
    label: 'Address of your Grafana (dashboard, annotations)',
    help: 'grafana.md#dashboard',
    control: 'url',
    protected: true,
    env: 'GRAFANA_URL',
  }),
});

export const secrets = z.object({
  writeToken: z
    .string()
    .min(8)
    .max(400)
    .meta({ label: 'Access-policy token (metrics:write)', help: 'grafana.md#keys', env: 'GRAFANA_METRICS_TOKEN' }),
  serviceToken: z
    .string()
    .regex(/^glsa_\w{20,80}$/, 'starts with glsa_')
    .optional()
    .meta({ label: 'Service account token (dashboard, annotations)', help: 'grafana.md#keys', env: 'GRAFANA_API_KEY' }),
});
