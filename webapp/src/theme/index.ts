export { slider } from './slider.css.ts'
export { shared, theme } from './theme.ts'
export { TouchSliderController } from './touch-slider-controller.ts'
export { undoButton, undoButtonStyles } from './undo-button.ts'
