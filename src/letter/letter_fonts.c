#include "letter/letter_fonts.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>

/* One for each face of letter_page.h. A font that no face sets would be opened
 * as the last resort for some letter, when nothing can be opened any more. */
static const char *const files[] = { "DejaVuSans.ttf", "DejaVuSans-Bold.ttf",
	"DejaVuSansMono.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf" };

enum rc
letter_fonts_open(PangoFontMap **ret_map)
{
	FcConfig *config = FcConfigCreate();
	PangoFontMap *map = NULL;
	enum rc rc = RC_BUG;

	CHECK(config != NULL, RC_NOMEM);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char *path = g_build_filename(
		    LETTER_FONTS_FOLDER, files[i], NULL);
		FcBool ok = FcConfigAppFontAddFile(
		    config, (const FcChar8 *)path);

		g_free(path);
		CHECK(ok == FcTrue, RC_NOT_FOUND);
	}
	/* before the map, which else reads the machine's configuration */
	CHECK(FcConfigSetCurrent(config) == FcTrue, RC_NOMEM);
	map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	CHECK(map != NULL, RC_BUG);
	pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map), config);
	*ret_map = map;
	rc = RC_OK;
out:
	if (config != NULL)
		FcConfigDestroy(config); /* the map has its own hold of it */
	return rc;
}
