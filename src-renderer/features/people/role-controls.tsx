import { Button, type ButtonProps, Menu, Tooltip } from '@mantine/core';
import type { ComponentPropsWithoutRef, ReactNode } from 'react';
import { create } from 'zustand';
import type { CallName } from '../../../src-shared/contract/who-may.ts';
import { useWhyNot } from '../../data/may.ts';
import { Shape } from '../../ui/status.tsx';
import css from './operator.module.css';

export const useSwitch = create<{ open: boolean }>(() => ({ open: false }));

/** Asks who sits here now. */
export const openOperatorSwitch = () => useSwitch.setState({ open: true });

type Pressed = ButtonProps & Omit<ComponentPropsWithoutRef<'button'>, keyof ButtonProps>;

/** A button that says why it cannot be used, and can still be reached by keyboard to be told. */
export function RoleButton({ why, onClick, ...rest }: Pressed & { why: string | null }) {
  if (why === null) return <Button {...rest} onClick={onClick} />;
  return (
    <Tooltip label={why} multiline w={300}>
      <Button
        {...rest}
        type="button"
        data-disabled
        aria-disabled
        aria-description={why}
        onClick={(event) => event.preventDefault()}
      />
    </Tooltip>
  );
}

/** A button that asks for `call`: whoever may not is told why. */
export function ActButton({ call, ...rest }: Pressed & { call: CallName }) {
  return <RoleButton {...rest} why={useWhyNot(call)} />;
}

/** An entry of a menu that asks for `call`. */
export function ActItem({ call, children, onClick }: { call: CallName; children: ReactNode; onClick: () => void }) {
  const why = useWhyNot(call);
  return (
    <Menu.Item disabled={why !== null} title={why ?? undefined} aria-description={why ?? undefined} onClick={onClick}>
      {children}
    </Menu.Item>
  );
}

/** Fields, switches and choices that end in `call`: whoever may not reads them, and is told why they stay as they are. */
export function ActFields({ call, children }: { call: CallName; children: ReactNode }) {
  const why = useWhyNot(call);
  return (
    <fieldset
      className={css.fields}
      disabled={why !== null}
      title={why ?? undefined}
      aria-description={why ?? undefined}
    >
      {children}
    </fieldset>
  );
}

/** Says at the top of a screen that the person here may only look, and offers to hand the keyboard over. */
export function ReadOnlyNote({ why }: { why: string | null }) {
  if (why === null) return null;
  return (
    <div className={css.note} role="note">
      <Shape name="lock" tone="warning" />
      <span>{why}</span>
      <Button variant="default" size="compact-sm" onClick={openOperatorSwitch}>
        Switch person…
      </Button>
    </div>
  );
}

/** The same by the name of a call. */
export function ReadOnly({ call }: { call: CallName }) {
  return <ReadOnlyNote why={useWhyNot(call)} />;
}
