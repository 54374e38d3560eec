"""The stages an article passes, in this order; adding one is a file, a line here, docs, a test."""

STAGES = (
    "pipelines.normalise_dates.NormaliseDates",
    "pipelines.strip_stock_images.StripStockImages",
    "pipelines.tag_securities.TagSecurities",
    "pipelines.clean_content.CleanContent",
    "pipelines.store_articles.StoreArticles",
)
