// The elements that are loaded after the first decode.

import './interpolation/interpolation-panel.ts'
import './map/map.ts'
import './sampling-panel.ts'
import './share-bar.ts'
import './sticky-preview.ts'
import './traversal-strip.ts'
