# nbconvert with the browser that is installed: nbconvert itself only takes the one that Playwright downloads.
import os
import sys

from nbconvert.nbconvertapp import main
from playwright.async_api import BrowserType

launch = BrowserType.launch


async def launch_installed(self, **options):
    return await launch(self, executable_path=os.environ["BENCH_BROWSER"], **options)


BrowserType.launch = launch_installed
main(sys.argv[1:])
