import { Button, createTheme, Modal, Select, Tooltip } from '@mantine/core';

/** Only defaults live here; colours and sizes are in tokens.css, because the page's policy refuses style tags. */
export const theme = createTheme({
  primaryColor: 'blue',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: Button.extend({
      defaultProps: { size: 'xs' },
      // The filled text colour is a token so that dark mode keeps its contrast.
      vars: (_, props) =>
        (props.variant ?? 'filled') === 'filled' ? { root: { '--button-color': 'var(--on-action)' } } : { root: {} },
    }),
    // The page never scrolls as a whole, so there is nothing to lock; locking would add a style tag.
    Modal: Modal.extend({
      defaultProps: {
        lockScroll: false,
        // A click beside it, or the second of a double click on what opened it, must not lose what was typed.
        closeOnClickOutside: false,
        centered: true,
        transitionProps: { duration: 120 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    }),
    Select: Select.extend({ defaultProps: { size: 'xs', allowDeselect: false } }),
    TextInput: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    TagsInput: { defaultProps: { size: 'xs' } },
    DateInput: { defaultProps: { size: 'xs', clearButtonProps: { 'aria-label': 'Clear the day' } } },
    Switch: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: true } },
    }),
  },
});

/** For who switches the theme: holding transitions back meanwhile would add a style tag, which the page's policy refuses. */
export const withoutStyleTag = { keepTransitions: true } as const;
