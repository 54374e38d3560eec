"""Home, category pages, posts."""

import scrapy


class FinewsSpider(scrapy.Spider):
    """Follows every post of the home page, and the category page that its footer links."""

    name = "finews"

    async def start(self):
        yield scrapy.Request(self.settings["SITE_URL"])

    def parse(self, response):
        for href in response.css("section li a::attr(href)").getall():
            slug = href.split("/")[1]
            yield response.follow(f"/category/{slug}.html", self.parse_category)
            yield response.follow(href, self.parse_post)

    def parse_category(self, response):
        for href in response.css("section li a::attr(href)").getall():
            yield response.follow(href, self.parse_post)

    def parse_post(self, response):
        section = response.css("section")[-1]
        links = section.css("a::attr(href)").getall()
        yield {
            "id": response.url.rsplit("/", 1)[1].removesuffix(".html"),
            "url": response.url,
            "title": section.css("h1::text").get(),
            "published_at": section.css("small::text").get().rpartition(") ")[2],
            "category": response.url.split("/")[3],
            "tags": section.css("small em::text").getall(),
            "source": section.css("p.em_media::text").re_first("文章来源：(.*)）"),
            "share_url": next((href for href in links if "infoCode=" in href), None),
            "securities": section.css("a.keytip::attr(data-code)").getall(),
            "content_html": "".join(section.css("p").getall()),
            "content_text": "\n".join(section.css("p ::text").getall()),
        }
