import { Component, type ReactNode } from 'react';
import { ProblemNote } from '../ui/problem.tsx';
import { words } from './strings.ts';

interface Props {
  readonly children: ReactNode;
}

/** Keeps a fault in one screen from taking the frame with it; says so in four parts and never shows a stack. */
export class ErrorBoundary extends Component<Props, { failure: string | null }> {
  override state: { failure: string | null } = { failure: null };

  static getDerivedStateFromError(error: unknown) {
    return { failure: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : 'unknown' };
  }

  override render() {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return (
      <div style={{ padding: 16 }}>
        <ProblemNote problem={{ ...words.crashed, code: failure }} onRetry={() => this.setState({ failure: null })} />
      </div>
    );
  }
}
