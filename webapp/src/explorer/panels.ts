// What is fetched after the first decode.

import './interpolation-panel.ts'
import './sampling-panel.ts'
import './drawing.ts'
import './share-bar.ts'
import './map/map.ts'
import './sticky-preview.ts'
import './traversal-strip.ts'
