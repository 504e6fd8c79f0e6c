import { type ComponentType, lazy } from 'react';
import { tasks as alertTasks } from '../features/alerts/tasks.ts';
import { tasks as auditTasks } from '../features/audit/tasks.ts';
import { tasks as crmTasks } from '../features/crm/tasks.ts';
import { tasks as exportTasks } from '../features/exports/tasks.ts';

/** The counts of the navigation, as `app.counts` names them. */
export type Need = 'weekend' | 'alerts' | 'exports' | 'crm' | 'systems' | 'deliveries' | 'kpis';

/** One short task of the first-run card, done in the real screen. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly to: string;
}

export interface Screen {
  readonly path: string;
  readonly word: string;
  /** Number of the screen (Ctrl+3) and the letter after `g`. */
  readonly number: number;
  readonly letter: string;
  readonly need: Need | null;
  readonly view: ComponentType;
  readonly tasks?: readonly Task[];
}

/** Every screen of the console, in the order of the navigation. A screen that is not built is not listed. */
export const screens: readonly Screen[] = [
  {
    path: '/weekend',
    word: 'Weekend',
    number: 1,
    letter: 'w',
    need: 'weekend',
    view: lazy(() => import('../features/weekend/weekend-screen.tsx')),
  },
  {
    path: '/alerts',
    word: 'Alerts',
    number: 2,
    letter: 'a',
    need: 'alerts',
    view: lazy(() => import('../features/alerts/alerts-screen.tsx')),
    tasks: alertTasks,
  },
  {
    path: '/exports',
    word: 'Exports',
    number: 3,
    letter: 'e',
    need: 'exports',
    view: lazy(() => import('../features/exports/exports-screen.tsx')),
    tasks: exportTasks,
  },
  {
    path: '/crm',
    word: 'CRM',
    number: 4,
    letter: 'c',
    need: 'crm',
    view: lazy(() => import('../features/crm/crm-screen.tsx')),
    tasks: crmTasks,
  },
  {
    path: '/systems',
    word: 'Systems',
    number: 5,
    letter: 's',
    need: 'systems',
    view: lazy(() => import('../features/systems/systems-screen.tsx')),
  },
  {
    path: '/deliveries',
    word: 'Deliveries',
    number: 6,
    letter: 'd',
    need: 'deliveries',
    view: lazy(() => import('../features/deliveries/deliveries-screen.tsx')),
  },
  {
    path: '/kpis',
    word: 'KPIs',
    number: 7,
    letter: 'k',
    need: 'kpis',
    view: lazy(() => import('../features/kpis/kpis-screen.tsx')),
  },
  {
    path: '/audit',
    word: 'Audit',
    number: 8,
    letter: 'u',
    need: null,
    view: lazy(() => import('../features/audit/audit-screen.tsx')),
    tasks: auditTasks,
  },
  {
    path: '/settings',
    word: 'Settings',
    number: 9,
    letter: ',',
    need: null,
    view: lazy(() => import('../features/settings/settings-screen.tsx')),
  },
];
