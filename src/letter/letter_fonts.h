/*
 * letter_fonts: the fonts of the letter, and no others, so that one document
 * looks the same on every machine. Reads the files when it opens them and
 * again at the first line set in each: letter_draw once before the sandbox
 * closes.
 */
#ifndef LETTER_FONTS_H
#define LETTER_FONTS_H
#include <pango/pangocairo.h>

#include "base/rc.h"

/* The only folder that the letter's program may read (fonts-dejavu-core). */
#define LETTER_FONTS_FOLDER "/usr/share/fonts/truetype/dejavu"

/* Caller owns the map (g_object_unref). RC_NOT_FOUND: a font is not
 * installed. */
MUST_USE enum rc letter_fonts_open(PangoFontMap **ret_map);
#endif
