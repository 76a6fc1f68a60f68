#include "letter/letter_page.h"

#define ASCENT 0.76 /* of the leading: where in it the baseline is */
#define UNIT 10.0   /* points: every font is opened in this one size */

struct letter_page {
	PangoContext *context;
	PangoLayout *layout;
	cairo_t *cr; /* NULL: measure only */
};

static const struct {
	const char *family;
	PangoWeight weight;
} faces[] = {
	[LETTER_PAGE_FACE_SERIF] = { "DejaVu Serif", PANGO_WEIGHT_NORMAL },
	[LETTER_PAGE_FACE_SERIF_BOLD] = { "DejaVu Serif", PANGO_WEIGHT_BOLD },
	[LETTER_PAGE_FACE_SANS] = { "DejaVu Sans", PANGO_WEIGHT_NORMAL },
	[LETTER_PAGE_FACE_SANS_BOLD] = { "DejaVu Sans", PANGO_WEIGHT_BOLD },
	[LETTER_PAGE_FACE_MONO] = { "DejaVu Sans Mono", PANGO_WEIGHT_NORMAL },
};

/* No grid of pixels and no habit of the user's: paper has neither. */
static void
set_context(PangoContext *context)
{
	cairo_font_options_t *o = cairo_font_options_create();

	cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, o);
	pango_cairo_context_set_resolution(context, 72); /* a unit: a point */
	pango_context_set_language(context, pango_language_from_string("en"));
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
	pango_context_set_round_glyph_positions(context, FALSE);
	cairo_font_options_destroy(o);
}

/* Without ligatures: "fi" would be found as one letter of its own by whoever
 * searches the text of the page. */
static void
set_features(PangoLayout *layout)
{
	PangoAttrList *list = pango_attr_list_new();

	pango_attr_list_insert(
	    list, pango_attr_font_features_new("liga=0, clig=0, dlig=0"));
	pango_layout_set_attributes(layout, list);
	pango_attr_list_unref(list);
}

enum rc
letter_page_new(PangoFontMap *fonts, cairo_t *cr, struct letter_page **ret_p)
{
	struct letter_page *p = calloc(1, sizeof(*p));
	enum rc rc = RC_BUG;

	CHECK(p != NULL, RC_NOMEM);
	p->context = pango_font_map_create_context(fonts);
	CHECK(p->context != NULL, RC_NOMEM);
	set_context(p->context);
	p->layout = pango_layout_new(p->context);
	pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_auto_dir(p->layout, FALSE);
	set_features(p->layout);
	p->cr = cr;
	*ret_p = p;
	p = NULL;
	rc = RC_OK;
out:
	letter_page_free(p);
	return rc;
}

void
letter_page_free(struct letter_page *p)
{
	if (p == NULL)
		return;
	g_clear_object(&p->layout);
	g_clear_object(&p->context);
	free(p);
}

static void
set_layout(
    struct letter_page *p, const struct letter_page_style *s, struct rd text)
{
	PangoFontDescription *d = pango_font_description_new();

	pango_font_description_set_family_static(d, faces[s->face].family);
	pango_font_description_set_weight(d, faces[s->face].weight);
	pango_font_description_set_absolute_size(d, UNIT * PANGO_SCALE);
	pango_layout_set_font_description(p->layout, d);
	pango_font_description_free(d);
	pango_layout_set_text(p->layout, (const char *)text.p, (int)text.left);
}

static void
show_line(struct letter_page *p, const struct letter_page_style *s,
    struct letter_page_box box, PangoLayoutLine *line)
{
	PangoRectangle logical;
	double scale = s->size / UNIT;
	double x = box.x;

	pango_layout_line_get_extents(line, NULL, &logical);
	if (s->is_right)
		x += box.width - (double)logical.width / PANGO_SCALE * scale;
	cairo_save(p->cr);
	cairo_set_source_rgb(p->cr, s->grey, s->grey, s->grey);
	cairo_translate(p->cr, x, box.y + ASCENT * s->leading);
	cairo_scale(p->cr, scale, scale);
	cairo_move_to(p->cr, 0, 0);
	pango_cairo_show_layout_line(p->cr, line);
	cairo_restore(p->cr);
}

double
letter_page_text(struct letter_page *p, const struct letter_page_style *s,
    struct letter_page_box box, struct rd text)
{
	double top = box.y;
	int n;

	if (text.left == 0)
		return 0;
	set_layout(p, s, text);
	pango_layout_set_width(
	    p->layout, (int)(box.width / s->size * UNIT * PANGO_SCALE));
	pango_layout_set_height(
	    p->layout, s->lines_max > 0 ? -s->lines_max : -1);
	pango_layout_set_ellipsize(p->layout,
	    s->lines_max > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
	n = pango_layout_get_line_count(p->layout);
	for (int i = 0; i < n; i++) {
		if (p->cr != NULL)
			show_line(p, s, box,
			    pango_layout_get_line_readonly(p->layout, i));
		box.y += s->leading;
	}
	return box.y - top;
}

double
letter_page_width(
    struct letter_page *p, const struct letter_page_style *s, struct rd text)
{
	PangoRectangle logical;

	set_layout(p, s, text);
	pango_layout_set_width(p->layout, -1);
	pango_layout_set_height(p->layout, -1);
	pango_layout_set_ellipsize(p->layout, PANGO_ELLIPSIZE_NONE);
	pango_layout_get_extents(p->layout, NULL, &logical);
	return (double)logical.width / PANGO_SCALE * s->size / UNIT;
}

void
letter_page_rule(struct letter_page *p, struct letter_page_box at,
    double thickness, double grey)
{
	if (p->cr == NULL)
		return;
	cairo_set_source_rgb(p->cr, grey, grey, grey);
	cairo_rectangle(p->cr, at.x, at.y, at.width, thickness);
	cairo_fill(p->cr);
}

void
letter_page_begin(struct letter_page *p, const char *tag)
{
	if (p->cr != NULL)
		cairo_tag_begin(p->cr, tag, NULL);
}

void
letter_page_end(struct letter_page *p, const char *tag)
{
	if (p->cr != NULL)
		cairo_tag_end(p->cr, tag);
}
